/** Where one pgbench process connects to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}
