/** What a kind of failure may cost at most, ms; `because` says where the figure comes from. */
export interface Budget {
  /** Bound of the 95th percentile of the outage. */
  readonly outageMs: number;
  /** Bound of the time with two holders, in any round. */
  readonly twoHoldersMs?: number;
  /** Bound of the time without a holder, in any round. */
  readonly noHolderMs?: number;
  /** Bound of how often a node takes the address, in any round. */
  readonly moves?: number;
  /** Bound of the time from the repair until exactly one node holds the address for good, in any round. */
  readonly oneHolderAfterMs?: number;
  /** Bound of the clients that arrive after the repair and are not served at once, over all rounds. */
  readonly lateClients?: number;
  /** Bound of the sessions that hear neither answer nor error any more, over all rounds. */
  readonly stranded?: number;
  /** Bound of the connections that fail, over all rounds. */
  readonly failed?: number;
  /** Bound of the connections that fail, in any round. */
  readonly failedInRound?: number;
  /** Bound of the changes of preference, in any round. */
  readonly switches?: number;
  readonly because: string;
}
