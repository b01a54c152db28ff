/**
 * Why haproxy did not do what it was asked: nobody listens on its socket; no whole answer within the deadline; an
 * answer larger than any real one; an answer that is none; or haproxy's own refusal.
 */
export type RuntimeErrorKind = "gone" | "timeout" | "too-long" | "garbage" | "refused";

export class RuntimeError extends Error {
  readonly kind: RuntimeErrorKind;

  constructor(kind: RuntimeErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
