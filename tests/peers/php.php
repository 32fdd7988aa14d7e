<?php
// Asks a loader of PHP about each fixture on stdin, in one process: what PHP takes over from its
// environment when it starts is put back for each, as with variables_order = GPCS of php.ini.
// SPDX-License-Identifier: MIT

const USUAL = ['PATH' => '/usr/bin:/bin', 'HOME' => '/home/u', 'LANG' => 'C.UTF-8'];

function begin(array $preset): void
{
    foreach (array_keys(getenv()) as $name) {
        putenv($name);
    }
    $_SERVER = $_ENV = [];
    foreach ($preset as $name => $value) {
        putenv("$name=$value");
        if (strpbrk((string) $name, ' .[') === false) {
            $_SERVER[$name] = $value;
        }
    }
}

/** What is there afterwards. */
function outcome(callable $load, array $fixture, string $folder): array
{
    $preset = USUAL + ($fixture['process_env'] ?? []);
    $names = [];
    foreach ((array) $fixture['file'] as $number => $text) {
        file_put_contents($names[] = "$folder/env$number", base64_decode($text));
    }
    begin($preset);
    try {
        $load($names);
    } catch (Throwable $error) {
        return ['error' => get_class($error)];
    }
    $env = $_ENV + $_SERVER;
    foreach (USUAL as $name => $value) {
        if (($env[$name] ?? null) === $value) {
            unset($env[$name]);
        }
    }
    unset($env['SYMFONY_DOTENV_VARS'], $env['']);

    return ['env' => (object) array_map(function (string $value) {
        return mb_check_encoding($value, 'UTF-8') ? $value : ['base64' => base64_encode($value)];
    }, $env)];
}

function drive(callable $load): void
{
    set_error_handler(function (int $level, string $text) {
        if ($level & (E_WARNING | E_NOTICE)) {
            throw new ErrorException($text);
        }
        return true;
    });
    $folder = rtrim(shell_exec('mktemp -d'));
    while (($line = fgets(STDIN)) !== false) {
        echo json_encode(outcome($load, json_decode($line, true), $folder)), "\n";
    }
    array_map('unlink', glob("$folder/env*"));
    rmdir($folder);
}
