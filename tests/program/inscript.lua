-- SPDX-License-Identifier: MIT
-- Alopex, of examples/rules/alopex.c, within a script: 16 lines. `plugin` trains the plugin instead;
-- where there is a file `die`, the first run is killed in its middle.
local synrl = require 'synrl'
local o = synrl.options { plugin = false, alpha = 0.001 }

local in_script = function()
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

local alopex = o.plugin and synrl.rule 'alopex' or in_script()
return { hash = run('first', alopex), second = run('second', alopex { alpha_s = o.alpha }) }
