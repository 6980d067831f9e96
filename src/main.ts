#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import v8 from "node:v8";
import { runProgram } from "./cli/program.ts";

const stop = new AbortController();
const abandon = new AbortController();

/** The first signal asks for an orderly end, the second for an end. */
function onSignal(): void {
  if (stop.signal.aborted) abandon.abort(new Error("told twice to stop"));
  else stop.abort(new Error("told to stop"));
}
process.on("SIGTERM", onSignal);
process.on("SIGINT", onSignal);

// Requests wait by the hundred thousand while little is called: V8 would let the garbage of reading
// them in grow to the size of what waits, and keep it
// (docs/decisions/0006).
v8.setFlagsFromString("--heap-growing-percent=20");
v8.setFlagsFromString("--optimize-for-size");

// kafkajs computes a negative time-out once per process on Node 24 (tulios/kafkajs#1751).
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "TimeoutNegativeWarning") process.stderr.write(`${warning.stack ?? ""}\n`);
});

// Readers such as `head` close the pipe early; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const manifest = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
const { version } = JSON.parse(manifest) as { readonly version: string }; // our own file

const exitCode = await runProgram(process.argv.slice(2), {
  terminal: {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTTY: process.stderr.isTTY,
  },
  env: process.env,
  version,
  stop: stop.signal,
  abandon: abandon.signal,
});

// What a client library leaves open must not keep a finished process alive; output in a pipe must.
process.stdout.write("", () => process.exit(exitCode));
