/**
 * VRRP priority of the node at `index` where the config names none. Takeover waits 3 adverts and a skew of
 * (256 − priority)/256 of an advert (RFC 9568, 6.1): high priorities shorten it.
 */
export function defaultPriority(index: number): number {
  return 251 - index;
}
