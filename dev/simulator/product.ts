import { type Cloud } from "./credential.ts";

/** The products that the simulator speaks for; each has instances of its own. */
export const products = ["wedata", "dataworks", "dms"] as const;

/** One of the products that the simulator speaks for. */
export type Product = (typeof products)[number];

/** The cloud that a product belongs to. */
export const cloudOf: Readonly<Record<Product, Cloud>> = {
  wedata: "tencent",
  dataworks: "alibaba",
  dms: "alibaba",
};

/** The product behind a port's API version: both clouds tell their products apart by it here. */
export function productOf(cloud: Cloud, version: string): Product | "unknown" {
  return versions[`${cloud} ${version}`] ?? "unknown";
}

const versions: Readonly<Record<string, Product>> = {
  "tencent 2021-08-20": "wedata",
  "tencent 2025-08-06": "wedata",
  "alibaba 2024-05-18": "dataworks",
  "alibaba 2018-11-01": "dms",
};
