import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

function read(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

it.each(DOCUMENTS)("%s links to files and headings that exist", (document) => {
  const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const local = links.filter((target) => !/^[a-z]+:/.test(target));
  const broken = local.filter((target) => {
    const [path = "", heading] = target.split("#");
    const file = path === "" ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, file))) return true;
    return heading !== undefined && !headingsOf(read(file)).includes(heading);
  });
  expect(broken).toEqual([]);
});

it.each(DOCUMENTS)("%s names files of the project that exist", (document) => {
  const named = [
    ...read(document).matchAll(/`((?:src|dev|test|docs|schemas|examples)\/[\w./-]*)`/g),
  ];
  const missing = named
    .map(([, path = ""]) => path)
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

it.each(DOCUMENTS)("%s names scripts that package.json has", (document) => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const named = [...read(document).matchAll(/npm run (?:--silent )?([\w:-]+)/g)];
  const unknown = named.map(([, script = ""]) => script).filter((script) => !(script in scripts));
  expect(unknown).toEqual([]);
});

/** The anchors of a document's headings, as GitHub makes them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
