/** What went wrong, in words, and what to do. */
import type { JSX } from "preact";
import type { ApiProblem } from "../api/problem";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icons";

/** A sentence for a person. What the API said about the request is the best there is. */
export function problemText(problem: ApiProblem): string {
  if (problem.offline) return t("common.problem.offline");
  if (problem.status === 403) return t("common.problem.forbidden");
  if (problem.status === 404) return t("common.problem.not_found");
  if (problem.status === 409 && problem.detail) return problem.detail;
  if (problem.status === 412) return t("common.problem.changed");
  if (problem.status === 429) return t("common.problem.too_many");
  if (problem.status >= 400 && problem.status < 500 && problem.detail) return problem.detail;
  return t("common.problem.ours");
}

/** In place of what could not be loaded. */
export function ProblemBox({ problem, retry }: { problem: ApiProblem; retry?: () => void }): JSX.Element {
  return (
    <div class="problem-box" role="alert">
      <Icon name="alert" />
      <div>
        <p>{problemText(problem)}</p>
        {problem.request_id && problem.status >= 500 && (
          <p class="muted small">
            {t("common.request_id")} <code>{problem.request_id}</code>
          </p>
        )}
        {retry && <Button small onClick={retry}>{t("common.try_again")}</Button>}
      </div>
    </div>
  );
}
