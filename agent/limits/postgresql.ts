/** One row, `USED LIMIT`: clients besides this one, and how many PostgreSQL takes that are not superusers. */
export const connectionsQuery = `select format('%s %s', count(*), current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int - current_setting('reserved_connections')::int)
  from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;

const remedy = "end idle ones, or raise pool.postgres.maxConnections";

/**
 * A sentence where PostgreSQL takes no more connections.
 * @param answer to `connectionsQuery`, or why psql got none
 */
export function fullPostgresql(answer: string): readonly string[] {
  // It keeps some connections for superusers, which are all in use then.
  if (/too many clients already|remaining connection slots/.test(answer))
    return [`PostgreSQL has all its connections in use and refuses every client: ${remedy}`];
  const [, used, limit] = /^(\d+) (-?\d+)$/.exec(answer.trim()) ?? [];
  if (used === undefined || Number(used) < Number(limit)) return [];
  return [`PostgreSQL has ${used} of ${limit} connections, and further clients are refused: ${remedy}`];
}

/** A block of shared buffers, and what PostgreSQL 17 keeps in shared memory for each of them (`shared_memory_size`). */
const blockBytes = 8192;
const bytesPerBlock = 1.05 * blockBytes;
/** Shared memory for each connection. */
const bytesPerConnection = 50_000;
/** The rest is for the connections' own processes, the poolers and the system. */
const mostShare = 0.8;
const leastBuffersMb = 16;

/**
 * Why PostgreSQL's shared memory is too large for the machine; undefined where it is not. PostgreSQL does not start if
 * the kernel refuses it, and is killed later if the kernel does not.
 * @param blocks `shared_buffers`, in blocks
 * @param memory of the machine, bytes
 */
export function tooLargeForMemory(blocks: number, connections: number, memory: number): string | undefined {
  const most = mostShare * memory;
  const forConnections = connections * bytesPerConnection;
  if (blocks * bytesPerBlock + forConnections <= most) return undefined;
  const buffers = inMb(blocks * blockBytes);
  const left = inMb((most - forConnections) / (bytesPerBlock / blockBytes));
  const found = `pool.postgres.sharedBuffersMb is ${buffers} for ${connections} connections, and this machine has ${inMb(memory)} MB of memory`;
  return left >= leastBuffersMb
    ? `${found}: lower it to ${left} or less`
    : `${found}: lower pool.postgres.maxConnections`;
}

function inMb(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
