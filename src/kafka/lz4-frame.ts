import { decompressBlock } from "lz4js";

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x8000_0000;
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = {
  4: 64 << 10,
  5: 256 << 10,
  6: 1 << 20,
  7: 4 << 20,
};
/** An LZ4 block cannot grow by more than this when it is decoded. */
const MAX_EXPANSION = 255;

interface Block {
  readonly start: number;
  readonly length: number;
  readonly compressed: boolean;
}

/**
 * Decodes an LZ4 frame (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) with
 * independent or linked blocks, with or without block and content checksums.
 *
 * The blocks are lz4js' work. Its own frame reader looks for block checksums before the block
 * instead of after it, and reserves 4 MiB for every block of a small frame. Checksums are skipped:
 * Kafka's record batches carry a CRC over all of it. Throws for bytes that are no such frame.
 */
export function decodeLz4Frame(frame: Buffer): Buffer {
  const { blocks, maxBlockBytes } = readBlocks(frame);
  const bound = (block: Block) =>
    block.compressed ? Math.min(maxBlockBytes, block.length * MAX_EXPANSION) : block.length;
  const target = Buffer.allocUnsafe(blocks.reduce((sum, block) => sum + bound(block), 0));
  let end = 0;
  // All blocks share the target, because a linked block refers to bytes of the one before it.
  for (const block of blocks) {
    const limit = end + bound(block);
    end = block.compressed
      ? decompressBlock(frame, target, block.start, block.length, end)
      : end + frame.copy(target, end, block.start, block.start + block.length);
    if (end > limit) throw new Error("LZ4 block is longer than its frame allows");
  }
  return target.subarray(0, end);
}

function readBlocks(frame: Buffer): { blocks: readonly Block[]; maxBlockBytes: number } {
  if (frame.readUInt32LE(0) !== MAGIC) throw new Error("not an LZ4 frame");
  const flags = frame.readUInt8(4);
  if (flags >> 6 !== 1) throw new Error(`LZ4 frame of unknown version ${flags >> 6}`);
  const maxBlockBytes = MAX_BLOCK_BYTES[(frame.readUInt8(5) >> 4) & 7];
  if (maxBlockBytes === undefined) throw new Error("LZ4 frame of unknown block size");
  const contentSizeBytes = (flags & 0x08) === 0 ? 0 : 8;
  const dictionaryIdBytes = (flags & 0x01) === 0 ? 0 : 4;
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4;

  const blocks: Block[] = [];
  let position = 6 + contentSizeBytes + dictionaryIdBytes + 1;
  for (;;) {
    const word = frame.readUInt32LE(position);
    if (word === 0) return { blocks, maxBlockBytes };
    const length = word % UNCOMPRESSED;
    const start = position + 4;
    position = start + length + checksumBytes;
    if (position > frame.length) throw new Error("LZ4 frame is cut off");
    blocks.push({ start, length, compressed: word < UNCOMPRESSED });
  }
}
