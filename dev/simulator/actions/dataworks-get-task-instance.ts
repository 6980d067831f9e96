import { readDone } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { dataworksTaskInstance } from "./dataworks-task-instance.ts";

/**
 * DataWorks GetTaskInstance, 2024-05-18: one instance's state; its ids are bare JSON numbers.
 *
 * The code for an instance that does not exist is unconfirmed.
 */
export const dataworksGetTaskInstance = alibabaAction({
  product: "dataworks",
  name: "GetTaskInstance",
  version: "2024-05-18",
  effect: "read",
  method: "GET",
  position: "query",
  parameters: { Id: { type: "long", required: true } },
  targets: ({ Id }) => [Id],
  run: ({ Id }, { instances }) => {
    const instance = instances.read(Id);
    if (instance === undefined) {
      const message = "The instance does not exist.";
      return {
        kind: "refused",
        error: { code: "Invalid.Instance.NotExist", message, status: 400 },
      };
    }
    return readDone({ TaskInstance: dataworksTaskInstance(instance) });
  },
});
