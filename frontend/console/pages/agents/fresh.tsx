/** A record of a list as it is now: what a form shows when it opens, its save is based on. */
import type { JSX } from "preact";
import { useOne } from "@/api/hooks";
import { ProblemBox, Skeleton } from "@/ui";

type Path = "/v1/knowledge/{id}" | "/v1/links/{id}" | "/v1/tools/{id}";
type Record<P extends Path> = NonNullable<ReturnType<typeof useOne<P>>["data"]>;

interface FreshProps<P extends Path> {
  path: P;
  id: string;
  /** Draws it; `set` shows what somebody else made of it meanwhile. */
  children: (record: Record<P>, set: (record: Record<P>) => void) => JSX.Element;
}

export function Fresh<P extends Path>({ path, id, children }: FreshProps<P>): JSX.Element {
  const one = useOne(path, { path: { id } });
  if (!one.data) return one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={5} />;
  return children(one.data as Record<P>, one.set as (record: Record<P>) => void);
}
