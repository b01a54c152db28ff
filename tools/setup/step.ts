import ora from "ora";

/** One thing that this machine needs; skipped where it is done already. */
export interface Step {
  /** Absolute paths of files that prove that the step is done: the set-up runs again when one is missing. */
  files(): string[];
  isDone(): Promise<boolean>;
  /** @param report shows what is being done now */
  run(report: (text: string) => void): Promise<void>;
}

/** Shows the progress of one step on stderr: a spinner on a terminal, plain lines elsewhere. */
export interface StepProgress {
  /** The next piece of work begins. */
  report(text: string): void;
  end(): void;
}

export const stepProgress = (): StepProgress => (process.stderr.isTTY ? spinningLine() : plainLines());

function spinningLine(): StepProgress {
  const spinner = ora({ stream: process.stderr });
  const work = timedWork();
  const clock = setInterval(() => {
    spinner.text = work.text();
  }, 1000);
  return {
    report(text) {
      if (spinner.isSpinning) spinner.stopAndPersist({ symbol: "-", text: work.text() });
      work.begin(text);
      spinner.start(text);
    },
    end() {
      clearInterval(clock);
      if (spinner.isSpinning) spinner.stopAndPersist({ symbol: "-", text: work.text() });
    },
  };
}

function plainLines(): StepProgress {
  const work = timedWork();
  // A line now and then shows that the work goes on.
  const heartbeat = setInterval(() => process.stderr.write(`  … ${work.text()}\n`), 15_000);
  return {
    report(text) {
      work.begin(text);
      heartbeat.refresh();
      process.stderr.write(`- ${text}\n`);
    },
    end: () => clearInterval(heartbeat),
  };
}

function timedWork() {
  let current = "";
  let began = Date.now();
  return {
    begin(text: string) {
      current = text;
      began = Date.now();
    },
    text: () => `${current} (${Math.round((Date.now() - began) / 1000)} s)`,
  };
}
