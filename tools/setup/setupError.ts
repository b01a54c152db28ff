/** Set-up cannot go on; the message says what to do and needs no stack trace. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}
