import { readFileSync } from "node:fs";

import kafkajs from "kafkajs";
import { beforeAll, describe, expect, it } from "vitest";

import { registerCodecs } from "../../src/kafka/codecs.ts";

// Made by liblz4 1.10 and libzstd 1.5 (PyPI lz4 4.4, zstandard 0.25), several 64 KiB blocks each.
const frames = JSON.parse(
  readFileSync(new URL("foreign-frames.json", import.meta.url), "utf8"),
) as Record<"lz4" | "zstd", Record<string, string>>;

const text = Array.from({ length: 9000 }, (_, i) => `line ${i % 97} of the batch\n`).join("");

async function decompress(type: "LZ4" | "ZSTD", frame: Buffer): Promise<Buffer> {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  const create = type === "LZ4" ? codecs[types.LZ4] : codecs[types.ZSTD];
  const codec = create() as {
    decompress(bytes: Buffer): Promise<Buffer>;
  };
  return codec.decompress(frame);
}

function frame(type: "lz4" | "zstd", name: string): Buffer {
  return Buffer.from(frames[type][name] ?? "", "base64");
}

beforeAll(() => {
  registerCodecs();
  registerCodecs();
});

describe("LZ4 frames of a foreign producer", () => {
  it.each([
    ["independent blocks", "independent"],
    ["linked blocks", "linked"],
    ["a content checksum", "cc"],
    ["block and content checksums, linked blocks and the content's size", "all"],
    ["blocks of 4 MiB", "bigblock"],
  ])("are read with %s", async (_, name) => {
    expect((await decompress("LZ4", frame("lz4", name))).toString()).toBe(text);
  });

  it("are read when their content could not be compressed", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(await decompress("LZ4", frame("lz4", "stored"))).toEqual(bytes);
  });

  it("are read when they are empty", async () => {
    expect(await decompress("LZ4", frame("lz4", "empty"))).toHaveLength(0);
  });

  it("are refused when they are cut off, whatever is missing", async () => {
    const whole = frame("lz4", "stored");
    for (let length = 0; length < whole.length; length++) {
      await expect(async () => decompress("LZ4", whole.subarray(0, length))).rejects.toThrow();
    }
  });

  it("are refused when they are something else", async () => {
    await expect(async () => decompress("LZ4", Buffer.alloc(64, 7))).rejects.toThrow(
      "not an LZ4 frame",
    );
  });
});

describe("ZSTD frames of a foreign producer", () => {
  it.each(["stream", "sized"])("are read (%s)", async (name) => {
    expect((await decompress("ZSTD", frame("zstd", name))).toString()).toBe(text);
  });
});
