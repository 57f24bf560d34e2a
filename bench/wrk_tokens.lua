-- wrk_tokens.lua — GET a path with the next of many tokens each time.
-- Arguments after wrk's "--": the path, and a file with a token a line.
local requests, at = {}, 0

function init(args)
  for token in io.lines(args[2]) do
    requests[#requests + 1] =
      wrk.format("GET", args[1], { Authorization = "Bearer " .. token })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
