// Compiles only if the generated types say what the API's document says.
import type { components, operations } from "./api";

type Schemas = components["schemas"];

export const decisions: Schemas["Action"][] = [
  { userDecision: "confirmed_asis", modifications: { userConfidenceRating: 5 }, version: 1 },
  { userDecision: "confirmed_modified", modifications: { refinedTraitName: "Lives for jazz" } },
  { userDecision: "rejected", rejectionCode: "outdated" },
  { userDecision: "deferred", deferUntil: "new_evidence" },
  { userDecision: "merged", mergeInto: "a3d0c6f2-1c2b-4f0e-9a58-6f1f2a7b9c12" },
];
// @ts-expect-error A merge names the trait.
export const nowhere: Schemas["Action"] = { userDecision: "merged" };
// @ts-expect-error A reason goes with a rejection only.
export const reasoned: Schemas["Action"] = { userDecision: "confirmed_asis", rejectionReason: "Long ago." };
// @ts-expect-error There is no such code.
export const unknown: Schemas["ErrorCode"] = "unheard_of";

export const page: operations["listCandidates"]["parameters"]["query"] = {
  cursor: "",
  sortBy: "confidenceScore",
  sortOrder: "asc",
};

export function goal(decision: Schemas["Action"]): string {
  return decision.userDecision === "merged" ? decision.mergeInto : "";
}
