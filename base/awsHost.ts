/** The host of a service of AWS in a region (AWS General Reference, "Service endpoints"). */
export function awsHost(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
