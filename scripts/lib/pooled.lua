-- SPDX-License-Identifier: MIT
-- Images in MNIST's IDX format with fewer pixels: each the mean of n x n, after a frame is cut off. A
-- network with fewer weights needs fewer bits.
local synrl = require "synrl"

local pooled = {}

local function quoted(path)
   return "'" .. path:gsub("'", "'\\''") .. "'"
end

-- The bytes of a file, gzip or plain.
local function read(path)
   local pipe = assert(io.popen("gzip -cdf -- " .. quoted(path)))
   local bytes = pipe:read("a")
   local is_good = pipe:close()
   return assert(is_good and bytes, path .. ": cannot be read by gzip")
end

-- images: the contents of an IDX file of three sizes. Returns those of another, whose images lack `frame`
-- pixels at each edge, and hold one pixel for n x n, their mean, rounded.
function pooled.pool(images, frame, n)
   local magic, count, height, width = (">I4I4I4I4"):unpack(images)
   assert(magic == 0x803, "must be an IDX file of images")
   local rows, columns = (height - 2 * frame) // n, (width - 2 * frame) // n
   assert(rows > 0 and columns > 0, "must leave a pixel")
   local parts = { (">I4I4I4I4"):pack(magic, count, rows, columns) }
   for image = 0, count - 1 do
      local pixels = {}
      for at = 0, rows * columns - 1 do
         local first = 17 + image * height * width + (frame + at // columns * n) * width + frame + at % columns * n
         local sum = n * n // 2
         for row = 0, n - 1 do
            for _, pixel in ipairs { images:byte(first + row * width, first + row * width + n - 1) } do
               sum = sum + pixel
            end
         end
         pixels[at + 1] = sum // (n * n)
      end
      parts[image + 2] = string.char(table.unpack(pixels))
   end
   return table.concat(parts)
end

-- A data set of the pooled images.
function pooled.dataset(images, labels, frame, n)
   if frame == 0 and n == 1 then
      return synrl.dataset("idx", { images = images, labels = labels })
   end
   local path = os.tmpname()
   local file = assert(io.open(path, "wb"))
   file:write(pooled.pool(read(images), frame, n))
   file:close()
   local is_good, data = pcall(synrl.dataset, "idx", { images = path, labels = labels })
   os.remove(path)
   return assert(is_good and data, data)
end

return pooled
