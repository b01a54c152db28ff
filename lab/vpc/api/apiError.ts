/** A request that EC2 refuses (EC2 API Reference, "Error codes"). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function notFound(kind: "NetworkInterface" | "Allocation" | "RouteTable", id: string): ApiError {
  const named = { NetworkInterface: "networkInterface", Allocation: "allocation", RouteTable: "routeTable" };
  return new ApiError(`Invalid${kind}ID.NotFound`, `The ${named[kind]} ID '${id}' does not exist`);
}
