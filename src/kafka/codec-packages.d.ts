// The part of these packages that is used; neither ships types.

declare module "kafkajs-snappy" {
  interface Codec {
    compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
    decompress(buffer: Buffer): Promise<Buffer>;
  }
  export default function createCodec(): Codec;
}

declare module "lz4js" {
  /** Decodes one block of `source` into `target` and returns the position after its last byte. */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    targetStart: number,
  ): number;
}
