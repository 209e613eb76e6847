/** Who is signed in, at which business, and what this person may do there. */
import { signal } from "@preact/signals";
import { call, signedOut } from "./api/client";
import { ApiProblem } from "./api/problem";
import { isLanguage, setLanguage } from "./i18n";
import { startLive, stopLive } from "./live";
import { currentUrl, navigate } from "./router";

export type Role = "admin" | "manager" | "sales_rep" | "marketing" | "viewer";

export interface Me {
  person: { person_id: string; email: string; name: string; language: string; email_verified: boolean; totp_enabled: boolean; preferences: Record<string, unknown> };
  member: { member_id: string; role: Role };
  business: { user_id: string; company_name: string | null; onboarding_step: number; onboarding_completed: boolean; zone: string; language: string };
  scopes: string[];
  businesses: { user_id: string; company_name: string | null; role: Role }[];
  session_id: string;
  /** Whether this installation can send e-mail. */
  mail: boolean;
}

/** undefined: not known yet; null: nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);

/** Who is signed in and may touch no business; `barred` says why. */
export const barred = signal<{ barred: string; businesses: Me["businesses"] } | null>(null);

/** Whether the person may do what needs this scope. What a role may not do is not shown. */
export function can(scope: string): boolean {
  const scopes = me.value?.scopes ?? [];
  return scopes.includes("*") || scopes.includes(scope);
}

/** The zone in which times are shown. */
export function zone(): string {
  const own = me.value?.person.preferences?.zone;
  return (typeof own === "string" && own) || me.value?.business.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Asks who is signed in. Throws ApiProblem when the gateway can't say. */
export async function loadMe(): Promise<Me | null> {
  try {
    const answer = await call<Me & { barred: string }>("GET", "/v1/me");
    if (!answer.business) {
      barred.value = answer;
      return null;
    }
    barred.value = null;
    const before = me.value;
    me.value = answer;
    if (isLanguage(answer.person.language) && before?.person.person_id !== answer.person.person_id) await setLanguage(answer.person.language);
    if (before?.business.user_id !== answer.business.user_id) can("events:read") ? startLive() : stopLive();
    return answer;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    forget();
    return null;
  }
}

/** Throws ApiProblem when the session could not be ended; then nobody should believe that it was. */
export async function signOut(): Promise<void> {
  await call("POST", "/v1/sign-out");
  forget();
  navigate("/sign-in");
}

/** Goes on as a member of another business. */
export async function switchBusiness(user_id: string): Promise<void> {
  await call("POST", "/v1/me/business", { body: { user_id } });
  me.value = undefined;
  await loadMe();
  navigate("/");
}

/** Keeps something about this person, on every machine: `PATCH /v1/me`. */
export async function changePerson(change: { language?: string; name?: string; preferences?: Record<string, unknown> }): Promise<void> {
  const now = me.value;
  if (now) me.value = { ...now, person: { ...now.person, ...change, preferences: { ...now.person.preferences, ...change.preferences } } };
  await call("PATCH", "/v1/me", { body: change });
}

function forget(): void {
  barred.value = null;
  me.value = null;
  stopLive();
}

signedOut.then = () => {
  // At the start nobody is signed in, which is no end of a session.
  if (!me.value) return;
  forget();
  navigate(`/sign-in?next=${encodeURIComponent(currentUrl())}`, { replace: true });
};
