/** Which page stands where. A page's words are in locale/<language>/<name>.json, and it is loaded when it is opened. */
import type { ComponentType } from "preact";
import type { Key } from "./i18n";
import type { IconName } from "./ui/icons";

export interface PageProps {
  /** The steps of the path below the page: `/inbox/cnv_1` gives `["cnv_1"]`. */
  rest: string[];
}

export interface Route {
  name: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** The scope without which the page is not shown. "" for every member. */
  scope?: string;
  /** For who is not signed in. */
  open?: boolean;
  nav?: { label: Key; icon: IconName; group: "work" | "business" };
  /** Besides the page's own words. */
  texts?: string[];
}

const work = (label: Key, icon: IconName) => ({ label, icon, group: "work" as const });
const business = (label: Key, icon: IconName) => ({ label, icon, group: "business" as const });

export const ROUTES: Route[] = [
  { name: "inbox", scope: "conversations:read", load: () => import("./pages/inbox"), nav: work("shell.nav.inbox", "inbox") },
  { name: "leads", scope: "leads:read", load: () => import("./pages/leads"), nav: work("shell.nav.leads", "lead") },
  { name: "meetings", scope: "meetings:read", load: () => import("./pages/meetings"), nav: work("shell.nav.meetings", "meeting") },
  { name: "customers", scope: "contacts:read", load: () => import("./pages/customers"), nav: work("shell.nav.customers", "customer") },
  { name: "analytics", scope: "analytics:read", load: () => import("./pages/analytics"), nav: work("shell.nav.analytics", "chart") },
  { name: "agents", scope: "agents:read", load: () => import("./pages/agents"), nav: business("shell.nav.agents", "agent") },
  { name: "health", scope: "numbers:read", load: () => import("./pages/health"), nav: business("shell.nav.health", "health"), texts: ["health", "guide"] },
  { name: "credits", scope: "credits:read", load: () => import("./pages/credits"), nav: business("shell.nav.credits", "coin") },
  { name: "team", scope: "members:read", load: () => import("./pages/team"), nav: business("shell.nav.team", "team") },
  { name: "settings", scope: "business:read", load: () => import("./pages/settings"), nav: business("shell.nav.settings", "settings") },
  { name: "alerts", scope: "alerts:read", load: () => import("./pages/alerts") },
  { name: "onboarding", scope: "business:write", load: () => import("./pages/onboarding"), texts: ["onboarding", "guide"] },
  { name: "email", load: () => import("./pages/account/email"), texts: ["account"] },
  { name: "sign-in", open: true, load: () => import("./pages/account/sign_in"), texts: ["account"] },
  { name: "sign-up", open: true, load: () => import("./pages/account/sign_up"), texts: ["account"] },
  { name: "verify", open: true, load: () => import("./pages/account/verify"), texts: ["account"] },
  { name: "password-reset", open: true, load: () => import("./pages/account/password_reset"), texts: ["account"] },
  { name: "password", open: true, load: () => import("./pages/account/password"), texts: ["account"] },
  { name: "invitation", open: true, load: () => import("./pages/account/invitation"), texts: ["account"] },
];

/** The route of a path, and what stands below it. */
export function routeOf(path: string): { route: Route | undefined; rest: string[] } {
  const [name, ...rest] = path.slice(1).split("/").map(decode);
  return { route: ROUTES.find((one) => one.name === name), rest };
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
