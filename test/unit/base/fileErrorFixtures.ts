/** What Node throws where a system call on a file fails; on an open file the error has no path. */
export function fileError(code: string, syscall: string, path?: string): Error {
  const where = path === undefined ? "" : ` '${path}'`;
  return Object.assign(new Error(`${code}: as the system says, ${syscall}${where}`), {
    code,
    syscall,
    ...(path !== undefined && { path }),
  });
}
