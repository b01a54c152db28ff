import { randomBytes } from "node:crypto";

/** @returns `prefix` and eight random hexadecimal digits */
export const resourceId = (prefix = ""): string => prefix + randomBytes(4).toString("hex");
