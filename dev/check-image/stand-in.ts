import { cp, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "../check-deploy/run-command.ts";
import { cached, cacheFolder } from "../stack/cache.ts";

const AUTHORITIES = "etc/ssl/certs/ca-certificates.crt";

/**
 * A folder that stands for the base image where no image registry is at hand: Debian's smallest
 * system, the same line of Node, and npm. Made once, and kept in the user's cache folder.
 */
export async function standInBase(node: string, env: NodeJS.ProcessEnv): Promise<string> {
  const id = `image-base-bookworm-node-${node}`;
  return cached(cacheFolder(env), id, async (folder) => {
    const mirror = await debianMirror(env);
    const options = ["--variant=minbase", "--include=ca-certificates", "bookworm", folder, mirror];
    await mustRun("debootstrap", options, { env });
    // Builds ask the same registry as this machine, by the same authorities.
    await cp(`/${AUTHORITIES}`, join(folder, AUTHORITIES));
    const fetched = join(folder, "fetched-node");
    const install = ["install", "--prefix", fetched, "--no-save", "--no-package-lock"];
    await mustRun("npm", [...install, `node@${node}`], { env });
    const local = join(folder, "usr/local");
    await mkdir(join(local, "bin"), { recursive: true });
    const binary = join(fetched, "node_modules/node/bin/node");
    await cp(binary, join(local, "bin/node"), { dereference: true });
    await rm(fetched, { recursive: true });
    const modules = (await mustRun("npm", ["root", "--global"], { env })).trim();
    const npm = join(local, "lib/node_modules/npm");
    await cp(join(modules, "npm"), npm, { recursive: true, dereference: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
  });
}

/** Where this machine gets its Debian packages from. */
async function debianMirror(env: NodeJS.ProcessEnv): Promise<string> {
  const format = ["--format", "$(REPO_URI)", "Created-By: Packages"];
  const uris = await mustRun("apt-get", ["indextargets", ...format], { env });
  const [first] = uris.split("\n");
  if (first === undefined || first === "")
    throw new Error("apt-get knows no mirror: apt-get update");
  return first;
}

/** The base image that the Dockerfile names, and the line of Node that it stands for. */
export async function baseOf(dockerfile: string): Promise<{
  readonly image: string;
  readonly node: string;
}> {
  const text = await readFile(dockerfile, "utf8");
  const image = /^ARG NODE_IMAGE=(\S+)$/m.exec(text)?.[1];
  const node = /^node:(\d+)-/.exec(image ?? "")?.[1];
  if (image === undefined || node === undefined) throw new Error("the Dockerfile names no base");
  return { image, node };
}
