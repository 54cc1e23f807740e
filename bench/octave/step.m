% A training step by the documents' formulas, statement by statement over the whole batch, as a MATLAB program writes it.
%
%   octave-cli --quiet bench/octave/step.m [--batch 128] [--steps 5] [--dtype single|double] [--csv FILE] [--check]
%
% The reference experiment (simplenn-4 on 28 x 28 images: three convolutions with ReLU and max pooling, one fully connected layer,
% squared error, momentum). Prints the median step and each kind of operation's time; --csv writes every operation of the median
% step as `op,layer,phase,ns`, which `tacho compare` reads. --check compares every gradient with finite differences, in double, on a
% small batch, and exits with 1 where they differ.
1;

function net = make_network(type)
  % Layers as [filter, padding, channels in, channels out, image rows and columns].
  conf = [5 2 1 32 28; 3 1 32 64 14; 3 1 64 64 7];
  for m = 1:rows(conf)
    [h, p, d, e, a] = num2cell(conf(m, :)){:};
    layer = struct("h", h, "d", d, "e", e, "a", a, "padded", a + 2 * p, "pooled", floor(a / 2), "name", sprintf("conv%d", m));
    layer.W = cast(randn(e, h * h * d) * sqrt(2 / (h * h * d)), type);
    layer.b = zeros(e, 1, type);
    layer.pad = pad_index(d, a, p);
    layer.phi = phi_index(d, layer.padded, h);
    layer.pool = pool_index(e, a);
    net.conv{m} = layer;
  end
  features = 64 * 3 * 3;
  net.fc = struct("name", "fc", "W", cast(randn(10, features) * sqrt(2 / features), type), "b", zeros(10, 1, type));
end

% An image is d x (a a): channels run fastest, then rows, then columns. Each index vector serves all instances: Z(index, :).
function index = pad_index(d, a, p)
  place = reshape(1:d * (a + 2 * p)^2, d, a + 2 * p, a + 2 * p);
  index = place(:, p + 1:p + a, p + 1:p + a)(:);
end

function index = phi_index(d, padded, h)
  place = reshape(1:d * padded^2, d, padded, padded);
  out = padded - h + 1;
  index = zeros(h * h * d, out * out);
  column = 0;
  for c = 1:out
    for r = 1:out
      index(:, ++column) = place(:, r:r + h - 1, c:c + h - 1)(:);
    end
  end
  index = index(:);
end

function index = pool_index(d, a)
  place = reshape(1:d * a * a, d, a, a);
  out = floor(a / 2);
  index = zeros(4, d * out * out);
  for k = 0:3
    index(k + 1, :) = place(:, 1 + mod(k, 2):2:2 * out, 1 + floor(k / 2):2:2 * out)(:)';
  end
  index = index(:);
end

% Every statement is timed by itself; what lies between two statements is the interpreter's.
function [out, timer] = timed(timer, op, layer, phase, body)
  begin = tic;
  out = body();
  timer(end + 1) = struct("op", op, "layer", layer, "phase", phase, "ns", round(toc(begin) * 1e9));
end

function padded = pad(Z, layer)
  padded = zeros(layer.d * layer.padded^2, columns(Z), class(Z));
  padded(layer.pad, :) = Z;
end

function result = pool(S, layer)
  [values, which] = max(reshape(S(layer.pool, :), 4, []));
  result = struct("Z", reshape(values, layer.e * layer.pooled^2, []), "which", which);
end

% The places that won, as indices into all instances: 4 k + which counts in the order of pool_index.
function dS = unpool(dZ, which, layer, instances)
  per_image = layer.e * layer.a^2;
  windows = layer.e * layer.pooled^2;
  winner = layer.pool(which(:)' + 4 * repmat(0:windows - 1, 1, instances)) + kron((0:instances - 1)' * per_image, ones(windows, 1));
  dS = zeros(per_image, instances, class(dZ));
  dS(winner) = dZ(:);
end

function dZ = phi_adjoint(V, layer, instances)
  size = layer.d * layer.padded^2;
  index = layer.phi + (0:instances - 1) * size;
  dZ = reshape(accumarray(index(:), V(:), [size * instances, 1]), size, instances);
end

function [loss, gradients, timer] = forward_backward(net, X, Y)
  instances = columns(X);
  timer = struct("op", {}, "layer", {}, "phase", {}, "ns", {});
  Z = X;
  for m = 1:numel(net.conv)
    L = net.conv{m};
    [padded, timer] = timed(timer, "pad", L.name, "forward", @() pad(Z, L));
    [phi{m}, timer] = timed(timer, "gather", L.name, "forward", @() reshape(padded(L.phi, :), L.h * L.h * L.d, []));
    [S, timer] = timed(timer, "matmul", L.name, "forward", @() L.W * phi{m});
    [S, timer] = timed(timer, "bias_add", L.name, "forward", @() S + L.b);
    [S, timer] = timed(timer, "relu", L.name, "forward", @() max(S, 0));
    [pooled, timer] = timed(timer, "max_pool2d", L.name, "forward", @() pool(reshape(S, [], instances), L));
    Z = pooled.Z;
    after{m} = Z;
    which{m} = pooled.which;
  end
  F = net.fc;
  [S, timer] = timed(timer, "matmul", "fc", "forward", @() F.W * Z);
  [S, timer] = timed(timer, "bias_add", "fc", "forward", @() S + F.b);
  [loss, timer] = timed(timer, "squared_error", "loss", "forward", @() sum((S - Y)(:).^2) / instances);

  [dS, timer] = timed(timer, "squared_error_backward", "loss", "backward", @() 2 * (S - Y) / instances);
  [gradients.fc.W, timer] = timed(timer, "matmul", "fc", "backward", @() dS * Z');
  [gradients.fc.b, timer] = timed(timer, "sum", "fc", "backward", @() sum(dS, 2));
  [dZ, timer] = timed(timer, "matmul", "fc", "backward", @() F.W' * dS);
  for m = numel(net.conv):-1:1
    L = net.conv{m};
    [dZ, timer] = timed(timer, "relu_backward", L.name, "backward", @() dZ .* (after{m} > 0));  % on the pooled maps
    [dS, timer] = timed(timer, "max_pool2d_backward", L.name, "backward", @() unpool(dZ, which{m}, L, instances));
    [dS, timer] = timed(timer, "reshape", L.name, "backward", @() reshape(dS, L.e, []));
    [gradients.conv{m}.W, timer] = timed(timer, "matmul", L.name, "backward", @() dS * phi{m}');
    [gradients.conv{m}.b, timer] = timed(timer, "sum", L.name, "backward", @() sum(dS, 2));
    if m > 1
      [V, timer] = timed(timer, "matmul", L.name, "backward", @() L.W' * dS);
      [dZ, timer] = timed(timer, "scatter_add", L.name, "backward", @() phi_adjoint(V, L, instances));
      [dZ, timer] = timed(timer, "pad_backward", L.name, "backward", @() dZ(L.pad, :));
    end
  end
end

function [value, velocity] = momentum(value, velocity, gradient)
  velocity = 0.9 * velocity + gradient;
  value = value - 0.001 * velocity;
end

function [net, state, loss, timer] = train_step(net, state, X, Y)
  [loss, g, timer] = forward_backward(net, X, Y);
  for m = 1:numel(net.conv) + 1
    last = m > numel(net.conv);
    if last, layer = net.fc; grad = g.fc; else, layer = net.conv{m}; grad = g.conv{m}; end
    for name = {"W", "b"}
      key = [layer.name name{1}];
      if !isfield(state, key), state.(key) = zeros(size(layer.(name{1})), class(X)); end
      begin = tic;
      [layer.(name{1}), state.(key)] = momentum(layer.(name{1}), state.(key), grad.(name{1}));
      timer(end + 1) = struct("op", "momentum_update", "layer", layer.name, "phase", "update", "ns", round(toc(begin) * 1e9));
    end
    if last, net.fc = layer; else, net.conv{m} = layer; end
  end
end

function worst = check_gradients()
  randn("seed", 3); rand("seed", 3);
  net = make_network("double");
  X = rand(28 * 28, 2); Y = zeros(10, 2); Y(3, 1) = Y(7, 2) = 1;
  [~, g] = forward_backward(net, X, Y);
  worst = 0;
  step = 1e-6;
  for m = 1:4
    for name = {"W", "b"}
      for trial = 1:3
        plus = minus = net;
        if m == 4
          k = randi(numel(net.fc.(name{1}))); exact = g.fc.(name{1})(k);
          plus.fc.(name{1})(k) += step; minus.fc.(name{1})(k) -= step;
        else
          k = randi(numel(net.conv{m}.(name{1}))); exact = g.conv{m}.(name{1})(k);
          plus.conv{m}.(name{1})(k) += step; minus.conv{m}.(name{1})(k) -= step;
        end
        numeric = (forward_backward(plus, X, Y) - forward_backward(minus, X, Y)) / (2 * step);
        worst = max(worst, abs(numeric - exact) / max(1, abs(exact)));
      end
    end
  end
end

function options = parse(arguments)
  options = struct("batch", 128, "steps", 5, "dtype", "single", "csv", "", "check", false);
  k = 1;
  while k <= numel(arguments)
    name = strrep(arguments{k}, "--", "");
    if strcmp(name, "check"), options.check = true; k += 1; continue; end
    if !isfield(options, name) || k == numel(arguments)
      fprintf(stderr, "step.m: unknown argument %s; known: --batch N --steps N --dtype single|double --csv FILE --check\n", arguments{k});
      exit(2);
    end
    value = arguments{k + 1};
    if ischar(options.(name)), options.(name) = value; else, options.(name) = str2double(value); end
    k += 2;
  end
end

options = parse(argv());
if options.check
  worst = check_gradients();
  printf("gradients against finite differences in double: worst difference %.1e (bound 1e-6)\n", worst);
  exit(worst > 1e-6);
end
net = make_network(options.dtype);
state = struct();
X = cast(rand(28 * 28, options.batch), options.dtype);
Y = zeros(10, options.batch, options.dtype);
Y(sub2ind(size(Y), randi(10, 1, options.batch), 1:options.batch)) = 1;
[net, state] = train_step(net, state, X, Y);  % warm-up
for s = 1:options.steps
  begin = tic;
  [net, state, loss, timers{s}] = train_step(net, state, X, Y);
  wall(s) = round(toc(begin) * 1e9);
end
[sorted, order] = sort(wall);
middle = order(ceil(numel(order) / 2));
timer = timers{middle};
printf("octave %s, batch %d, %s: step %.1f ms (median of %d; %.1f-%.1f), loss %.4f\n", OCTAVE_VERSION, options.batch, options.dtype, ...
       wall(middle) / 1e6, options.steps, sorted(1) / 1e6, sorted(end) / 1e6, loss);
printf("samples ms:%s\n", sprintf(" %.6f", wall / 1e6));
names = unique({timer.op});
for k = 1:numel(names)
  totals(k) = sum([timer(strcmp({timer.op}, names{k})).ns]);
end
[~, order] = sort(totals, "descend");
for k = order
  printf("  %-24s %9.2f ms  %5.1f %%\n", names{k}, totals(k) / 1e6, 100 * totals(k) / wall(middle));
end
printf("  %-24s %9.2f ms  %5.1f %%\n", "between statements", (wall(middle) - sum(totals)) / 1e6, 100 * (1 - sum(totals) / wall(middle)));
if !isempty(options.csv)
  file = fopen(options.csv, "w");
  fprintf(file, "op,layer,phase,ns\n");
  for t = timer
    fprintf(file, "%s,%s,%s,%d\n", t.op, t.layer, t.phase, t.ns);
  end
  fprintf(file, "overhead,,none,%d\n", wall(middle) - sum(totals));
  fclose(file);
end
