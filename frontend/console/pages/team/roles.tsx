/** What each role may do, as the API itself has it. */
import type { JSX } from "preact";
import { useOne } from "@/api/hooks";
import { type Key, t } from "@/i18n";
import { Icon, ProblemBox, Skeleton } from "@/ui";
import { ROLES } from "./members";

export function Roles(): JSX.Element {
  const told = useOne("/v1/roles");
  if (told.problem) return <ProblemBox problem={told.problem} retry={() => void told.reload()} />;
  if (!told.data) return <Skeleton lines={8} />;
  const scopes = [...new Set(told.data.data.flatMap((one) => one.scopes))];
  const allowed = new Map(told.data.data.map((one) => [one.role, new Set(one.scopes)]));
  return (
    <div class="table-box team-roles" tabIndex={0}>
      <table class="table">
        <caption class="unseen">{t("team.tab.roles")}</caption>
        <thead>
          <tr>
            <td />
            {ROLES.map((role) => <th key={role} scope="col">{t(`common.role.${role}`)}</th>)}
          </tr>
        </thead>
        <tbody>
          {scopes.map((scope) => (
            <tr key={scope}>
              <th scope="row">{named(scope)}</th>
              {ROLES.map((role) => <td key={role}>{allowed.get(role)?.has(scope) ? <Yes /> : <span class="muted" aria-label={t("team.no")}>–</span>}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Yes(): JSX.Element {
  return (
    <>
      <Icon name="check" />
      <span class="unseen">{t("team.yes")}</span>
    </>
  );
}

/** `leads:write` as "Leads: change". */
export function named(scope: string): string {
  const [thing = "", deed = ""] = scope.split(":");
  return t("team.scope", { thing: t(`team.thing.${thing}` as Key), deed: t(`team.deed.${deed}` as Key) });
}
