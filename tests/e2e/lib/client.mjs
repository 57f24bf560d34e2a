// client.mjs — requests of any bytes, right or wrong, and their answers.
import http from "node:http";
import https from "node:https";

const timeout_ms = 60_000;

// Connections are kept: thousands of requests would else use up the ports.
const kept = { keepAlive: true, maxSockets: 8 };
const agents = { "http:": new http.Agent(kept), "https:": new https.Agent(kept) };

// `body`: a Buffer or a text as it goes out. `json`: a value, sent as JSON with its type.
export function call(base, { method = "GET", path, headers = {}, body, json }) {
  const sent = { ...headers };
  if (json !== undefined) {
    body = JSON.stringify(json);
    sent["Content-Type"] ??= "application/json";
  }
  const bytes = body === undefined ? undefined : Buffer.from(body);
  if (bytes !== undefined) sent["Content-Length"] = bytes.length;
  else if (method !== "GET") sent["Content-Length"] = 0;
  const target = new URL(base);
  const { request: begin } = target.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const request = begin(
      {
        agent: agents[target.protocol],
        method,
        host: target.hostname,
        port: target.port,
        path,
        headers: sent,
        timeout: timeout_ms,
      },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const bytes = Buffer.concat(parts);
          const text = bytes.toString("utf8");
          let value;
          try {
            value = JSON.parse(text);
          } catch {
            value = undefined; // not JSON: whoever expects it looks
          }
          resolve({ status: answer.statusCode, headers: answer.headers, bytes, text, value });
        });
      },
    );
    request.on("timeout", () => request.destroy(new Error(`no answer: ${method} ${path}`)));
    // A server that refuses a body may close before all of it was taken; its answer counts.
    request.on("error", reject);
    request.end(bytes);
  });
}

// The refresh token in an answer's Set-Cookie, ready for a Cookie header.
export function cookie_of(answer) {
  return (answer.headers["set-cookie"] ?? [])
    .map((line) => line.split(";")[0])
    .find((pair) => pair.includes("refresh_token=") && !pair.endsWith("="));
}

export function close() {
  for (const agent of Object.values(agents)) agent.destroy();
}
