/** What is there already of a business, and what every step does with it. */
import { call, get, patch, post, type Schemas } from "@/api/client";
import { useLoad, type One } from "@/api/hooks";
import { me } from "@/session";

export type Business = Schemas["Business"];
export type Agent = Schemas["Agent"];
export type OurNumber = Schemas["Number"];
export const STEPS = ["business", "number", "agent", "calendar", "test"] as const;
export type Step = (typeof STEPS)[number];

export interface Setup {
  business: Business;
  numbers: OurNumber[];
  /** The first that was made comes first. */
  agents: Agent[];
}

export function useSetup(): One<Setup> {
  return useLoad(async (signal) => {
    const [business, numbers, agents] = await Promise.all([
      get("/v1/business", { signal }),
      get("/v1/numbers", { query: { limit: 100 }, signal }),
      get("/v1/agents", { query: { limit: 100 }, signal }),
    ]);
    return { business, numbers: numbers.data, agents: agents.data.reverse() };
  }, "setup");
}

/** Keeps a change of the business, on the server and here. */
export async function keep(change: Partial<Schemas["BusinessChange"]>): Promise<Business> {
  const business = await patch("/v1/business", { body: change as Schemas["BusinessChange"] });
  if (me.value) me.value = { ...me.value, business: { ...me.value.business, ...business } };
  return business;
}

const COPIED = ["name", "prompt_id", "language", "hours", "outside_hours", "away_text", "variables", "booking"] as const;

/** Lets the first agent answer every number that nobody answers: itself, then by agents like it. */
export async function answerAll({ numbers, agents }: Pick<Setup, "numbers" | "agents">): Promise<void> {
  const [first] = agents;
  if (!first) return;
  let free = agents.find((one) => !one.phone_number_id && one.prompt_id === first.prompt_id);
  const taken = new Set(agents.map((one) => one.phone_number_id));
  for (const number of numbers.filter((one) => !taken.has(one.id))) {
    if (free) await post("/v1/agents/{id}/link", { path: { id: free.agent_id }, body: { phone_number_id: number.id } as never });
    else await call("POST", "/v1/agents", { body: { ...Object.fromEntries(COPIED.map((name) => [name, first[name]])), phone_number_id: number.id } });
    free = undefined;
  }
}
