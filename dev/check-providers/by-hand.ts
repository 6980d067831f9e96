import type { ProviderKind } from "../../src/domain/operation.ts";
import type { Product } from "../simulator/product.ts";
import type { Cast } from "./scenario.ts";

const PRODUCTS: Readonly<Record<ProviderKind, Product>> = {
  "tencent-wedata": "wedata",
  "alibaba-dataworks": "dataworks",
  "alibaba-dms": "dms",
};

/** How long a run takes on every stage, from its order to its end. */
export const RUN_MS = 400;

/** Runs the cast's targets again as if somebody else did. */
export async function rerunByHand({ admin, subject, targets }: Cast): Promise<void> {
  const { cloud, kind } = subject;
  for (const target of targets) {
    await admin.rerunByHand({ cloud, product: PRODUCTS[kind], target });
  }
}
