import { join } from "node:path";

import { mustRun } from "../check-deploy/run-command.ts";
import { baseOf, standInBase } from "./stand-in.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = "rerun-dispatcher:check";

/** What an image is configured with, of what is looked at here. */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

/** An image that was built from the Dockerfile, on a base that stands for the real one. */
export interface BuiltImage {
  readonly base: string;
  readonly config: ImageConfig;
  /** Bytes of its file system, and of the base's. */
  readonly bytes: { readonly all: number; readonly base: number };
  /** What the pruning of the SDK told. */
  readonly pruned: string;
  /** Where its file system lies. */
  readonly folder: string;
}

/** Builds the image in a store of its own, without an engine. The caller removes the store's folder. */
export async function buildImage(store: string, env: NodeJS.ProcessEnv): Promise<BuiltImage> {
  const { image: base, node } = await baseOf(join(ROOT, "Dockerfile"));
  const standIn = await standInBase(node, env);
  const places = ["--root", join(store, "root"), "--runroot", join(store, "run")];
  const buildah = async (...args: readonly string[]) =>
    (
      await mustRun("buildah", [...places, "--storage-driver", "vfs", ...args], { env, cwd: ROOT })
    ).trim();

  const container = await buildah("from", "scratch");
  await buildah("add", "--quiet", container, standIn, "/");
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const authorities = "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt";
  await buildah("config", "--env", path, "--env", authorities, container);
  const standInName = `localhost/${base}`;
  await buildah("commit", "--quiet", container, standInName);
  await buildah("rm", container);

  const options = ["--isolation", "chroot", "--pull-never", "--tag", NAME];
  const log = await buildah("bud", ...options, "--build-arg", `NODE_IMAGE=${standInName}`, ".");
  const inspected = JSON.parse(await buildah("inspect", "--type", "image", NAME)) as {
    readonly OCIv1: { readonly config: ImageConfig }; // by the OCI's image specification
  };
  const sizeOf = async (name: string) => {
    const images = JSON.parse(await buildah("images", "--json", name)) as { size: string }[];
    return megabytes(images[0]?.size ?? "");
  };
  const running = await buildah("from", "--pull-never", NAME);
  return {
    base,
    config: inspected.OCIv1.config,
    bytes: { all: await sizeOf(NAME), base: await sizeOf(standInName) },
    pruned: /^pruned .*$/m.exec(log)?.[0] ?? "no word of the pruning",
    folder: await buildah("mount", running),
  };
}

/** A size as buildah prints it, such as `399 MB` or `1.2 GB`, in bytes. */
function megabytes(text: string): number {
  const [number = "", unit = ""] = text.split(" ");
  const factor = { KB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  if (factor === undefined) throw new Error(`no size: ${text}`);
  return Number(number) * factor;
}
