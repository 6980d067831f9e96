import { decompress as decodeZstd } from "fzstd";
import kafkajs from "kafkajs";
import createSnappyCodec from "kafkajs-snappy";

import { decodeLz4Frame } from "./lz4-frame.ts";

/**
 * Makes Snappy, LZ4 and ZSTD batches readable; gzip always is. May be called any number of times.
 *
 * To be called before the first consumer: a batch in an unknown codec kills a kafkajs consumer for
 * good. All decoders are pure JavaScript, so that every Node version can read every batch. Writing
 * in these codecs is not supported.
 */
export function registerCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.Snappy] = () => ({ ...createSnappyCodec(), compress: refuse });
  codecs[types.LZ4] = () => ({
    compress: refuse,
    decompress: async (frame: Buffer) => Promise.resolve(decodeLz4Frame(frame)),
  });
  codecs[types.ZSTD] = () => ({
    compress: refuse,
    decompress: async (frame: Buffer) => {
      const { buffer, byteOffset, byteLength } = decodeZstd(frame);
      return Promise.resolve(Buffer.from(buffer, byteOffset, byteLength));
    },
  });
}

async function refuse(): Promise<never> {
  return Promise.reject(new Error("this codec is registered for reading only"));
}
