import * as z from "zod";
import { whenEndedPath } from "../paths.ts";
import { file, template } from "../template.ts";

const program = template(whenEndedPath, z.strictObject({}));

/** The program by which the units of haproxy and keepalived act on the end of theirs before systemd does. */
export const whenEndedFiles = () => [file(whenEndedPath, program({}), { mode: "0755" })];
