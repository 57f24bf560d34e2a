-- wrk_validate.lua — POST a path with the next of many tokens each time.
-- Arguments after wrk's "--": the path, a file with a token a line, the service key.
local requests, at = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["X-Service-Key"] = args[3] }
  for token in io.lines(args[2]) do
    requests[#requests + 1] =
      wrk.format("POST", args[1], headers, '{"token":"' .. token .. '"}')
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
