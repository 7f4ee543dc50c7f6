-- Requests for wrk: LOAD is a folder with tokens.txt ("user token") and ids.txt ("user candidate"); BODIES holds two
-- bodies, one a line, of which the second goes out every third time; without BODIES, lists are asked for.
-- START is the first unused line of ids.txt.
local folder = os.getenv("LOAD")
local tokens, people, ids, bodies = {}, {}, {}, {}
for line in io.lines(folder .. "/tokens.txt") do
  local user, token = line:match("(%S+) (%S+)")
  tokens[user] = token
  people[#people + 1] = user
end
for line in io.lines(folder .. "/ids.txt") do ids[#ids + 1] = line end
for line in (os.getenv("BODIES") or ""):gmatch("[^\n]+") do bodies[#bodies + 1] = line end
local n = tonumber(os.getenv("START") or "0")

local function headers(user)
  return { ["Authorization"] = "Bearer " .. tokens[user], ["Content-Type"] = "application/json" }
end

request = function()
  n = n + 1
  if #bodies == 0 then
    local user = people[(n * 7919) % #people + 1]
    return wrk.format("GET", "/v1/users/" .. user .. "/persona/traits/candidates?limit=20", headers(user))
  end
  local user, id = ids[n]:match("(%S+) (%S+)")
  local path = "/v1/users/" .. user .. "/persona/traits/candidates/" .. id .. "/actions"
  return wrk.format("POST", path, headers(user), bodies[n % 3 == 0 and 2 or 1])
end

done = function(summary, latency)
  io.write(string.format(
    '\n{"requests": %d, "rate": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, summary.errors.status + summary.errors.timeout + summary.errors.read
  ))
end
