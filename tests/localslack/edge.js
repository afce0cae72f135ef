// Loaded into the emulator before its own code (BUN_OPTIONS=--preload), so that its program stays as it was published.
//
// 1. It would listen on every interface and has no option for one: here it listens on 127.0.0.1.
// 2. Slack states of every channel whether it is shared, and of every member whether that is a guest. The emulator
//    doesn't, and Firebreak refuses whoever is not vouched for; so what EDGE names is added to these two answers:
//    {"channel": fields, "user": fields, "users": {id: fields}}. Without EDGE nothing is added.
// 3. It says on which port it listens.
const serve = Bun.serve;
const added = JSON.parse(process.env.EDGE || "{}");

async function completed(answer, path) {
  const said = await answer.json();
  if (path === "/api/conversations.info" && said.channel) Object.assign(said.channel, added.channel);
  if (path === "/api/users.info" && said.user) Object.assign(said.user, added.user, added.users?.[said.user.id]);
  return Response.json(said, { status: answer.status });
}

Bun.serve = (options) => {
  const inner = options.fetch;
  const fetch = async (request, server) => {
    const answer = await inner(request, server);
    const path = new URL(request.url).pathname;
    return path === "/api/conversations.info" || path === "/api/users.info" ? completed(answer, path) : answer;
  };
  const server = serve({ ...options, fetch, hostname: "127.0.0.1" });
  console.log(`listening on ${server.hostname}:${server.port}`);
  return server;
};
