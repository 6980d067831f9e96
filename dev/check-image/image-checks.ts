import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Check } from "../check-deploy/check.ts";
import { burst } from "../demo/demo-requests.ts";
import { LOCAL_CREDENTIALS, LOCAL_ENV, localConfigText } from "../rig/service-config.ts";
import { startSimulatorProcess } from "../rig/simulator-process.ts";
import { startStack } from "../stack/stack.ts";
import { Teardown } from "../../src/lifecycle/teardown.ts";
import type { BuiltImage } from "./image-build.ts";
import { runInImage, runToEnd } from "./run-in-image.ts";

const LABELS = ["title", "description", "licenses", "version", "revision", "created"];
const CALLS = 3;
const READY_WITHIN_MS = 120_000;

/** What an image must be and do; `scratch` is a folder for files, which the caller removes. */
export function imageChecks(image: BuiltImage, scratch: string): readonly Check[] {
  const run = (folder: string, ...args: readonly string[]) => ({ image, folder, scratch, args });
  return [
    {
      title: "its user is a number above 9999",
      run: async () => {
        const { User: user } = image.config;
        const [uid, gid] = user.split(":").map(Number);
        if (!(Number(uid) >= 10_000 && Number(gid) >= 10_000)) throw new Error(user);
        return Promise.resolve(user);
      },
    },
    {
      title: "no shell stands between the system and the process",
      run: async () => {
        const { Entrypoint: entry, Cmd: command } = image.config;
        if (entry[0] !== "node" || command[0] !== "run") throw new Error(entry.join(" "));
        return Promise.resolve([...entry, ...command].join(" "));
      },
    },
    {
      title: "it is labelled",
      run: async () => {
        const names = LABELS.map((name) => `org.opencontainers.image.${name}`);
        const missing = names.filter((name) => !image.config.Labels[name]);
        if (missing.length > 0) throw new Error(`no ${missing.join(", ")}`);
        return Promise.resolve(LABELS.join(", "));
      },
    },
    {
      title: "its size",
      run: async () => {
        const { all, base } = image.bytes;
        const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
        const own = `${mb(all - base)} on ${mb(base)} of what stands for ${image.base}`;
        return Promise.resolve(`${own}; ${image.pruned}`);
      },
    },
    {
      title: "it starts as its user on a read-only root",
      run: async () => {
        const help = await runToEnd(run(scratch, "run", "--help"));
        await writeFile(join(scratch, "offline.yaml"), localConfigText(NOWHERE));
        const args = ["check", "--config", "/mnt/offline.yaml", "--offline", "--no-secrets"];
        const checked = await runToEnd(run(scratch, ...args));
        return `run --help (${help.length} lines), check --offline (${checked.length} lines)`;
      },
    },
    {
      title: "it calls all three providers and drains",
      run: async () => callAndDrain(image, scratch),
    },
  ];
}

const NOWHERE = {
  brokers: ["127.0.0.1:1"],
  registryUrl: "http://127.0.0.1:1",
  wedataUrl: "http://127.0.0.1:1",
  alibabaUrl: "http://127.0.0.1:1",
};

/** A whole life: topics, schemas, run, three requests with their outcomes, SIGTERM. */
async function callAndDrain(image: BuiltImage, scratch: string): Promise<string> {
  const teardown = new Teardown();
  try {
    return await callWithin(image, scratch, teardown);
  } finally {
    await teardown.close();
  }
}

async function callWithin(image: BuiltImage, scratch: string, teardown: Teardown): Promise<string> {
  const stack = await startStack();
  teardown.defer("stack", async () => stack.stop());
  const simulator = await startSimulatorProcess({
    folder: scratch,
    credentials: LOCAL_CREDENTIALS,
  });
  teardown.defer("simulator", async () => simulator.stop());
  const text = localConfigText({
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    wedataUrl: simulator.tencentUrl,
    alibabaUrl: simulator.alibabaUrl,
  });
  await writeFile(join(scratch, "config.yaml"), text);
  await writeFile(join(scratch, "requests.json"), burst(CALLS));
  const command = (name: string, ...args: readonly string[]) => ({
    ...{ image, folder: scratch, scratch, env: LOCAL_ENV },
    args: [name, "--config", "/mnt/config.yaml", ...args],
  });
  await runToEnd(command("topics", "--create"));
  await runToEnd(command("schemas", "--register"));
  const service = await runInImage(command("run"));
  teardown.defer("service", () => void service.process.kill("SIGKILL"));
  await ready(service.lines, service.ended);
  const waited = await runToEnd(
    command("submit", "--file", "/mnt/requests.json", "--wait", "--json"),
  );
  const succeeded = waited.filter((line) => line.includes('"status":"SUCCEEDED"')).length;
  const begun = performance.now();
  service.process.kill("SIGTERM");
  const end = await service.ended;
  if (end !== 0) throw new Error(`SIGTERM ended it with ${end}`);
  if (succeeded !== CALLS)
    throw new Error(`${succeeded} of ${CALLS} succeeded: ${waited.join(" ")}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return `${succeeded} of ${CALLS} requests succeeded; exit 0 in ${seconds} s after SIGTERM`;
}

async function ready(lines: readonly string[], ended: Promise<unknown>): Promise<void> {
  const life = { isOver: false };
  void ended.then(() => (life.isOver = true));
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (!life.isOver && performance.now() < giveUpAt) {
    const port = /"event":"service.started".*"httpPort":(\d+)/.exec(lines.join("\n"))?.[1];
    if (port !== undefined) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
      if (answer?.ok === true) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the service did not become ready:\n${lines.slice(-10).join("\n")}`);
}
