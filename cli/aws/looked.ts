import type { Looked } from "../../components/machines/ec2/account/judgement.ts";
import { AwsFailure } from "./awsError.ts";

/**
 * What an answer of AWS says of something that may not be there.
 * @param found undefined where AWS answers that there is none
 */
export async function looked<Found>(asking: Promise<Found | undefined>): Promise<Looked<Found>> {
  try {
    const found = await asking;
    return found === undefined ? { absent: "AWS lists none" } : { found };
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    return error.trouble === "absent" ? { absent: error.message } : { unknown: error.message };
  }
}
