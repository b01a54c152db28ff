/** Small builders for binary messages. */

export function bytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Length in one byte, then the content. */
export function list8(content: Uint8Array | readonly number[]): Uint8Array {
  return bytes([content.length], content);
}

/** Length in two bytes, then the content. */
export function list16(content: Uint8Array | readonly number[]): Uint8Array {
  return bytes([content.length >> 8, content.length & 0xff], content);
}

export function hex(content: Uint8Array): string {
  return Buffer.from(content).toString("hex").toUpperCase();
}
