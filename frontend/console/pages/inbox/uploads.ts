/** A file on its way to the gateway, with its progress, which fetch can't tell. */
import { useRef, useState } from "preact/hooks";
import { newKey, type Schemas } from "@/api/client";
import { ApiProblem } from "@/api/problem";

export const LARGEST = 16 * 1024 * 1024;

export interface Upload {
  name: string;
  size: number;
  done: number;
  stored?: Schemas["StoredFile"];
  problem?: ApiProblem;
}

export interface Uploading {
  upload: Upload | undefined;
  begin: (file: File) => void;
  drop: () => void;
}

export function useUpload(): Uploading {
  const [upload, setUpload] = useState<Upload>();
  const running = useRef<XMLHttpRequest>();
  const drop = () => {
    running.current?.abort();
    running.current = undefined;
    setUpload(undefined);
  };
  const begin = (file: File) => {
    drop();
    const base = { name: file.name, size: file.size, done: 0 };
    if (file.size > LARGEST) return setUpload({ ...base, problem: new ApiProblem(413, {}) });
    setUpload(base);
    const request = new XMLHttpRequest();
    running.current = request;
    const own = (change: Partial<Upload>) => running.current === request && setUpload((was) => was && { ...was, ...change });
    request.open("POST", "/v1/media");
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
    request.setRequestHeader("Idempotency-Key", newKey());
    request.responseType = "json";
    request.upload.onprogress = (event) => own({ done: event.loaded / Math.max(1, event.total) });
    request.onload = () => (request.status === 201 ? own({ done: 1, stored: request.response as Schemas["StoredFile"] }) : own({ problem: new ApiProblem(request.status, (request.response as Record<string, unknown>) ?? {}) }));
    request.onerror = () => own({ problem: new ApiProblem(0, {}) });
    request.send(file);
  };
  return { upload, begin, drop };
}
