/** One thing that this machine must have; done again only where it is not there. */
export interface Step {
  /** Files whose presence proves the step, absolute: set-up runs again when one is missing. */
  present(): string[];
  isDone(): Promise<boolean>;
  /** @param report shows what is being done now, in a few words */
  run(report: (text: string) => void): Promise<void>;
}
