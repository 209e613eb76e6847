/** How leads are named and coloured. */
import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui";

export type Lead = Schemas["Lead"];
export const TAGS = ["Hot", "Warm", "Cold"] as const;
export const CHANNELS = ["whatsapp", "instagram", "webchat", "sms"] as const;
export const DIMENSIONS = ["intent", "urgency", "budget", "fit", "engagement"] as const;
/** The column in which the level of a dimension stands. */
export const LEVELS = { intent: "intent_level", urgency: "urgency_level", budget: "budget_constraint", fit: "fit_alignment", engagement: "engagement_health" } as const;

export function tone(tag: string | null): Tone {
  return tag === "Hot" ? "danger" : tag === "Warm" ? "warn" : "neutral";
}

/** The best name that there is for whoever wrote. */
export function leadName(lead: Lead): string {
  return lead.name || lead.company || lead.email || lead.phone || lead.customer_phone;
}
