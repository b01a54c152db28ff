import { awsHost } from "../../base/awsHost.ts";

/** Services of AWS that the commands ask. */
export type Service = "ec2" | "iam" | "servicequotas" | "ssm" | "sts";

/** A service's host, and the region for which its requests are signed (AWS General Reference, "Service endpoints"). */
export function endpointOf(
  service: Service,
  region: string,
): { readonly host: string; readonly region: string } {
  const [partition] = region.split("-", 1);
  if (partition === "cn") {
    if (service === "iam") return { host: awsHost(service, "cn-north-1"), region: "cn-north-1" };
    return { host: awsHost(service, region), region };
  }
  if (region.startsWith("us-gov-")) {
    if (service === "iam") return { host: "iam.us-gov.amazonaws.com", region: "us-gov-west-1" };
    return { host: awsHost(service, region), region };
  }
  // Both know whether credentials are good even where the region is none.
  if (service === "iam" || service === "sts")
    return { host: `${service}.amazonaws.com`, region: "us-east-1" };
  return { host: awsHost(service, region), region };
}
