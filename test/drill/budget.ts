/** What a kind of failure may cost at most, ms; `because` says where the figure comes from. */
export interface Budget {
  /** Bound of the 95th percentile of the outage. */
  readonly outageMs: number;
  /** Bound of the time with two holders, in any round. */
  readonly twoHoldersMs?: number;
  /** Bound of the time from the repair until exactly one node holds the address for good, in any round. */
  readonly oneHolderAfterMs?: number;
  /** Bound of the connections that fail, over all rounds. */
  readonly failed?: number;
  /** Bound of the connections that fail, in any round. */
  readonly failedInRound?: number;
  /** Bound of the changes of preference, in any round. */
  readonly switches?: number;
  readonly because: string;
}
