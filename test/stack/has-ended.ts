import { execFile } from "node:child_process";

/**
 * Whether no process with this pid runs any more. One that ended but was not yet collected by its
 * parent counts as ended: an orphan's parent may be a container's first process, which never does.
 */
export async function hasEnded(pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "stat=", "-p", String(pid)], (_, stdout) => {
      const state = stdout.trim();
      resolve(state === "" || state.startsWith("Z"));
    });
  });
}
