import { optionalTexts } from "../json-parameters.ts";

const text = { type: "string" } as const;
const integer = { type: "integer" } as const;
const boolean = { type: "boolean" } as const;
const strings = { type: "strings" } as const;
const integers = { type: "integers" } as const;

/** Tencent's `StrToStrMap`: one pair. */
export const pair = optionalTexts("K", "V");

const taskType = {
  type: "object",
  fields: { TypeDesc: text, TypeId: integer, TypeSort: text },
} as const;

const texts = {
  ...optionalTexts("TaskName", "WorkflowId", "WorkflowName", "InCharge", "CycleType"),
  ...optionalTexts("NextCurDate", "State", "RuntimeBroker", "ErrorDesc", "DependenceFulfillTime"),
  ...optionalTexts("FirstDependenceFulfillTime", "FirstStartTime", "StartTime", "EndTime"),
  ...optionalTexts("CostTime", "LastLog", "SchedulerDateTime", "LastSchedulerDateTime"),
  ...optionalTexts("LastUpdate", "CreateTime", "DependencyRel", "ExecutionSpace", "FolderId"),
  ...optionalTexts("FolderName", "SonList", "ProductName", "ResourceGroup", "ResourceInstanceId"),
  ...optionalTexts("YarnQueue", "SchedulerDesc", "FirstSubmitTime", "FirstRunTime", "ProjectId"),
  ...optionalTexts("ProjectIdent", "ProjectName", "TenantId", "InstanceKey", "ExecutorGroupId"),
  ...optionalTexts("ExecutorGroupName", "OwnerId", "UserId", "AllowRedoType"),
  ...optionalTexts("InstanceCycleType", "InstanceSchedulerDesc", "TaskExecutionId", "DlcTaskId"),
  ...optionalTexts("DlcSparkJobId", "ProxyTaskId", "WorkflowRunName", "Privilege"),
};
const counts = {
  RunPriority: integer,
  TryLimit: integer,
  Tries: integer,
  TotalRunNum: integer,
  DoFlag: integer,
  RedoFlag: integer,
  CostMillisecond: integer,
  MaxCostTime: integer,
  MinCostTime: integer,
  AvgCostTime: integer,
  RelatedInstanceSize: integer,
  RetryAttempts: integer,
  ConcurrentStrategy: integer,
  ScheduleRunType: integer,
};

/**
 * An instance as WeData 2021-08-20 is told of it: the model `InstanceOpsDto`, without the fields in
 * which that model contains itself or other answers.
 */
export const instanceOpsDto = {
  TaskId: { type: "string", required: true },
  CurRunDate: { type: "string", required: true },
  ...texts,
  ...counts,
  IgnoreEvent: boolean,
  VirtualFlag: boolean,
  DeletedFatherList: strings,
  Privileges: strings,
  Ext: { type: "object", fields: pair },
  TaskType: taskType,
  ProxyTaskType: taskType,
} as const;

/** A search for instances: the model `InstanceApiOpsRequest`. */
export const instanceApiOpsRequest = {
  Instance: { type: "object", fields: { ...instanceOpsDto, TaskId: text, CurRunDate: text } },
  ...optionalTexts("SortCol", "Sort", "DateFrom", "DateTo", "CreateTimeFrom", "CreateTimeTo"),
  ...optionalTexts("StartFrom", "StartTo", "Keyword", "ProjectId", "InstanceType", "DagType"),
  ...optionalTexts("DagDependent", "TenantId", "DataTimeCycle", "ScheduleTimeZone"),
  ...optionalTexts("ScheduleTimeFrom", "ScheduleTimeTo"),
  TaskIdList: strings,
  TaskNameList: strings,
  FolderList: strings,
  StateList: integers,
  TaskTypeList: integers,
  CycleList: strings,
  OwnerList: strings,
  WorkflowIdList: strings,
  WorkflowNameList: strings,
  SearchColumns: strings,
  Limit: integer,
  TaskTypeMap: { type: "objects", fields: { Key: integer, Value: text } },
  DagDeal: boolean,
  DagDepth: integer,
  ExecutorGroupIdList: strings,
  OnlyRerun: boolean,
  RunPriorityList: integers,
  InstanceCycleType: strings,
} as const;
