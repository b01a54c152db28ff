import { Command } from "commander";
import { outliveWatcher } from "../base/outliveWatcher.ts";
import { addAmis } from "./commands/amis.ts";
import { addClient } from "./commands/client.ts";
import { addDestroy } from "./commands/destroy.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addHostkeys } from "./commands/hostkeys.ts";
import { addPool } from "./commands/pool.ts";
import { addPreview } from "./commands/preview.ts";
import { addPsql } from "./commands/psql.ts";
import { addPulumi } from "./commands/pulumi.ts";
import { addRender } from "./commands/render.ts";
import { addRoute } from "./commands/route.ts";
import { addStart } from "./commands/start.ts";
import { addStatus } from "./commands/status.ts";
import { addUp } from "./commands/up.ts";
import { addVagrant } from "./commands/vagrant.ts";
import { holdLock } from "./session/home.ts";
import { tellFailure } from "./session/output.ts";

outliveWatcher();

/** Commands that write a stack's state, or could. */
const writing = ["start", "up", "preview", "pulumi", "destroy"];

const program = new Command("hapair")
  .description("a highly available HAProxy pair, declared once and proven")
  .enablePositionalOptions()
  .hook("preAction", async (_, command) => {
    if (writing.includes(command.name())) await holdLock();
  })
  .exitOverride();

for (const add of [
  addStart,
  addUp,
  addPreview,
  addStatus,
  addPool,
  addPsql,
  addRoute,
  addClient,
  addDoctor,
  addHostkeys,
  addAmis,
  addRender,
  addVagrant,
  addPulumi,
  addDestroy,
]) {
  add(program);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tellFailure(error);
}
// The engine's client keeps its event loop alive; everything that matters has been awaited.
process.exit();
