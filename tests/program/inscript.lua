-- SPDX-License-Identifier: MIT
-- Alopex, of examples/rules/alopex.c, within a script: 15 lines. `plugin` trains the plugin instead,
-- `lua` the same in Lua; where there is a file `die`, the first run is killed in its middle.
local synrl = require 'synrl'
local o = synrl.options { plugin = false, lua = false, alpha = 0.001 }

local function in_c()
  return synrl.rule.c {
    name = 'alopex', source = 'Unnikrishnan and Venugopal 1994', reads = 'losses',
    parameters = { alpha_s = 0.001 },
    state = { actions = 'int8_t[n_synapses]', correlation = 0, temperature = 0 },
    metrics = { temperature = 'T, mean of |C|' },
    step = [[
      float power = self->temperature > 0 ? (float)(-self->correlation / self->temperature) : 0;
      host->math->exp(1, &power, &power);
      synrl_flip(host, env, 1 / (1 + (double)power), self->actions);
      SYNRL_TRY(env->step(env, self->actions, alpha_s, 1, &outcome));
      const double change = outcome->loss - outcome->old_loss;
      self->correlation = isfinite(change) ? alpha_s * change : 0;
      self->temperature += (fabs(self->correlation) - self->temperature) / 25;
    ]],
  }
end

local function in_lua()
  return synrl.rule {
    name = 'alopex', reads = 'losses', parameters = { alpha_s = 0.001 },
    state = { actions = '[n_synapses]', correlation = 0, temperature = 0 },
    metrics = { temperature = 'T, mean of |C|' },
    step = function(self, env)
      local x = self.temperature > 0 and -self.correlation / self.temperature or 0
      self.actions = env:flip(1 / (1 + synrl.array({ x }):exp()[1]), self.actions)
      local _, before, after = env:step(self.actions, self.alpha_s)
      local change = after - before
      self.correlation = math.abs(change) < math.huge and self.alpha_s * change or 0
      self.temperature = self.temperature + (math.abs(self.correlation) - self.temperature) / 25
    end,
  }
end

local function run(name, rule)
  return synrl.train {
    name = name, rule = rule, loss = 'mse', iterations = 600, record_every = 50,
    data = synrl.dataset('boundary', { samples = 100, seed = 1 }),
    model = synrl.model('mlp', { layers = { 2, 20, 1 }, output = 'tanh', seed = 2 }),
    batch = { size = 60, every = 20 }, checkpoint = { every = 100 },
    on_evaluate = function(metrics)
      if metrics.iteration == 350 and os.rename('die', 'died') then os.execute('kill -9 $PPID') end
    end,
    evaluate_every = 50,
  }.summary.weights_hash
end

local alopex = o.plugin and synrl.rule 'alopex' or o.lua and in_lua() or in_c()
return { hash = run('first', alopex), second = run('second', alopex { alpha_s = o.alpha }) }
