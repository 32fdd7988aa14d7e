// Lua 5.1 as Redis has it: its numbers are doubles, exact up to 2^53. `use` is family_use once
// more; redisstore_test runs both side by side. A family is one string, see below: one GET and one
// SET are quicker than a hash by far, and one line of the append-only file.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redisscripts.h"

#include "verifier/record/sessions/family.h"

// A family is a string that Redis's library `struct` packs, little-endian and with nothing between:
//   "s1", end (a byte), ended (a number), how many uses, length of the subject (a byte each),
//   length of the access claims (2 bytes), generation, issued, expires, absolute (a number each),
//   the uses (likewise, the newest first, none later than the one before), subject, access claims,
//   refresh claims
// with `end` as in enum family_end and a number as a double.
_Static_assert(FAMILY_LIVES == 0 && FAMILY_ENDED_BY_REUSE == 1, "as the scripts have it");
_Static_assert(FAMILY_RECENT_MAX == 16, "as the scripts have it");
_Static_assert(FAMILY_GENERATION_MAX == UINT64_C(9007199254740992), "as the scripts have it");
_Static_assert(FAMILY_ROTATED == 0 && FAMILY_REPLAYED == 1 && FAMILY_HELD == 2 &&
		       FAMILY_ADOPTED == 3 && FAMILY_REUSED == 4 && FAMILY_ENDED == 5 &&
		       FAMILY_EXPIRED == 6,
	"as the scripts have it");

// One that is told already goes behind the others again: its end may be later than was told.
#define TELL \
	"local function tell(what, till)\n" \
	"  redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[4]), what)\n" \
	"  redis.call('ZADD', KEYS[3], till, what)\n" \
	"end\n"

// Takes a family `r` apart that may be anybody's.
#define UNPACK \
	"local unpack = struct.unpack\n" \
	"if string.sub(r, 1, 2) ~= 's1' then\n" \
	"  error(string.find(r, '^s%d') and 'LATER' or 'DAMAGED')\n" \
	"end\n" \
	"local n = string.byte(r, 12)\n" \
	"if not n or n > 16 or #r < 47 + 8 * n then error('DAMAGED') end\n" \
	"local _, how, ended, _, subject, claims, generation, issued, expires, absolute =\n" \
	"  unpack('<c2BdBBHdddd', r)\n" \
	"if not (generation >= 1 and generation % 1 == 0) then error('DAMAGED') end\n"

// Ends a family that lives, and answers its record.
#define FINISH \
	"local function finish(key, r, issued, how, now, access)\n" \
	"  local change = struct.pack('<Bd', how, now)\n" \
	"  redis.call('SETRANGE', key, 2, change)\n" \
	"  tell('f:' .. string.sub(key, -32), math.max(issued, now) + access)\n" \
	"  return string.sub(r, 1, 2) .. change .. string.sub(r, 12)\n" \
	"end\n"

static const char create[] =
	"if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[6]) then\n"
	"  return ARGV[8] == '1' and redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0\n"
	"end\n"
	"if ARGV[2] == '' then return 1 end\n"
	"redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4])\n"
	"redis.call('ZADD', KEYS[2], ARGV[5], ARGV[3])\n"
	"if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[7]) then\n"
	"  redis.call('PEXPIRE', KEYS[2], ARGV[7])\n"
	"end\n"
	"return 1\n";

static const char use[] =
	"local r = redis.call('GET', KEYS[1])\n"
	"if not r then return false end\n" UNPACK
	"local shown, now, steady, grace, idle, access, kept_ms = unpack('<ddddddd', ARGV[1])\n"
	"if how ~= 0 then return '5' .. r end\n"
	"if not (now < expires and now < absolute) then return '6' .. r end\n"
	"if steady == -1 then\n"
	"  local t = redis.call('TIME')\n"
	"  steady = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	"end\n"
	"local at = 48 + 8 * (generation - 1 - shown)\n"
	"if shown < generation then\n"
	"  if at < 48 + 8 * n and math.max(steady - unpack('<d', r, at), 0) < grace then\n"
	"    return '1' .. r\n"
	"  end\n" TELL FINISH "  return '4' .. finish(KEYS[1], r, issued, 1, now, access)\n"
	"end\n"
	"local oldest = n == 16 and unpack('<d', r, 168)\n"
	"if shown >= 9007199254740992 or (shown == generation and oldest and oldest <= steady\n"
	"    and steady - oldest < grace) then\n"
	"  return '2' .. r\n"
	"end\n"
	"local fresh = math.min(shown - generation + 1, 16)\n"
	"local kept = math.min(16 - fresh, n)\n"
	"local late = 0\n"
	"while late < kept and unpack('<d', r, 48 + 8 * late) > steady do late = late + 1 end\n"
	"expires = math.min(now + idle, absolute)\n"
	"local q = struct.pack('<c2BdBBHddddd', 's1', 0, ended, fresh + kept, subject, claims,\n"
	"  shown + 1, now, expires, absolute, steady)\n"
	"if fresh + late > 1 then q = q .. string.rep(string.sub(q, -8), fresh + late - 1) end\n"
	"q = q .. string.sub(r, 48 + 8 * late, 47 + 8 * kept) .. string.sub(r, 48 + 8 * n)\n"
	"redis.call('SET', KEYS[1], q, 'PX', expires - now + kept_ms)\n"
	"return (shown > generation and '3' or '0') .. q\n";

// One that is unknown may have been lost, and what was issued of it is still good elsewhere.
static const char end_family[] =
	TELL FINISH "local wanted, now, access = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0\n"
		    "local r = redis.call('GET', KEYS[1])\n"
		    "if not r then\n"
		    "  tell('f:' .. string.sub(KEYS[1], -32), now + access)\n"
		    "  return 0\n"
		    "end\n" UNPACK "if how ~= 0 then return 0 end\n"
		    "finish(KEYS[1], r, issued, wanted, now, access)\n"
		    "return 1\n";

static const char end_subject[] =
	TELL FINISH "local wanted, now, access = ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0\n"
		    "local function finish_one(key, r)\n" UNPACK "  if how ~= 0 then return 0 end\n"
		    "  finish(key, r, issued, wanted, now, access)\n"
		    "  return 1\n"
		    "end\n"
		    "local count = 0\n"
		    "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do\n"
		    "  local key = ARGV[1] .. id\n"
		    "  local r = redis.call('GET', key)\n"
		    "  if r then count = count + finish_one(key, r) end\n"
		    "end\n"
		    "redis.call('DEL', KEYS[1])\n"
		    "return count\n";

static const char end_token[] =
	TELL "local now, till = tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	     "local what = 't:' .. ARGV[1]\n"
	     "local before = tonumber(redis.call('ZSCORE', KEYS[3], what) or '0')\n"
	     "if till <= now or before >= till then return 0 end\n"
	     "tell(what, ARGV[3])\n"
	     "return before > now and 0 or 1\n";

// A number beyond the last one is of a Redis that lost some: then all is told again. What is over
// is told, too, for a clock may be set back.
static const char news[] =
	"local top = tonumber(redis.call('GET', KEYS[4]) or '0')\n"
	"local after, most = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
	"if after > top then after = 0 end\n"
	"local list = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', after), "
	"'+inf',\n"
	"  'WITHSCORES', 'LIMIT', 0, most)\n"
	"local is_more = #list == 2 * most\n"
	"local out = {is_more and tonumber(list[#list]) or top, is_more and 1 or 0}\n"
	"for i = 1, #list, 2 do\n"
	"  local till = tonumber(redis.call('ZSCORE', KEYS[3], list[i]) or '0')\n"
	"  out[#out + 1] = list[i]\n"
	"  out[#out + 1] = till\n"
	"end\n"
	"return out\n";

static const char sweep[] =
	"local list = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[1], 'LIMIT', 0, "
	"ARGV[2])\n"
	"for _, what in ipairs(list) do\n"
	"  redis.call('ZREM', KEYS[2], what)\n"
	"  redis.call('ZREM', KEYS[3], what)\n"
	"end\n"
	"return #list\n";

const char *const redisscripts[REDISSCRIPTS] = {
	[REDISSCRIPT_CREATE] = create,
	[REDISSCRIPT_USE] = use,
	[REDISSCRIPT_END_FAMILY] = end_family,
	[REDISSCRIPT_END_SUBJECT] = end_subject,
	[REDISSCRIPT_END_TOKEN] = end_token,
	[REDISSCRIPT_NEWS] = news,
	[REDISSCRIPT_SWEEP] = sweep,
};
