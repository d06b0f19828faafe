<#
.SYNOPSIS
  Installs one Kakanai station on a counter PC with Windows 10 or 11, and has the Task Scheduler run it.

.DESCRIPTION
  Needs no internet: everything comes from a folder with the project (-Source) and one with its wheels (-Wheels),
  which station/deploy/windows/wheels.py fills on any PC. Python 3.11, for which those wheels are, must be installed for
  all users. Run as administrator. Run again, it installs anew and keeps settings, key and state.

  The station runs as LOCAL SERVICE, from the start of the PC, without anybody signed in. Its key and its state are
  readable by LOCAL SERVICE and administrators alone.

.EXAMPLE
  .\Install-Station.ps1 -Name counter-3 -Server https://kakanai.example:8443 -Ca .\ca.crt -Source .\kakanai -Wheels .\wheels
#>
[CmdletBinding()]
param(
  [Parameter(Mandatory)][ValidatePattern('^[a-z0-9][a-z0-9_-]{0,31}$')][string]$Name,
  [Parameter(Mandatory)][string]$Server,
  [Parameter(Mandatory)][string]$Source,
  [Parameter(Mandatory)][string]$Wheels,
  [string]$Ca,
  [string[]]$Python = @('py', '-3.11'),
  [string]$Program = (Join-Path $env:ProgramFiles 'Kakanai'),
  [string]$Data = (Join-Path $env:ProgramData 'Kakanai')
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-Checked([string]$What, [string]$File, [string[]]$Arguments) {
  & $File @Arguments
  if ($LASTEXITCODE -ne 0) { throw "$What : exit code $LASTEXITCODE" }
}

$identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  throw '管理者として実行してください。 / Run this as administrator.'
}

# 0. An earlier station is stopped, is not begun anew meanwhile, and goes: Windows gives up no file of a running program.
$task = "Kakanai station $Name"
$venv = Join-Path $Program 'venv'
if (Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue) {
  Disable-ScheduledTask -TaskName $task | Out-Null
  Stop-ScheduledTask -TaskName $task
}
for ($look = 0; (Test-Path $venv) -and $look -lt 50; $look++) {
  Remove-Item -Recurse -Force $venv -ErrorAction SilentlyContinue
  Start-Sleep -Milliseconds 200
}
if (Test-Path $venv) { throw "$venv : in use" }

# 1. The program, with exactly the locked libraries, none from the network.
Invoke-Checked 'venv' $Python[0] (@($Python | Select-Object -Skip 1) + @('-m', 'venv', $venv))
$run = Join-Path $venv 'Scripts\python.exe'
$lock = Join-Path $Wheels 'windows.lock'
$offline = @('-m', 'pip', 'install', '--no-index', '--find-links', $Wheels, '--no-deps')
Invoke-Checked 'libraries' $run ($offline + @('--only-binary', ':all:', '--require-hashes', '-r', $lock))
Invoke-Checked 'kakanai' $run ($offline + @('--no-build-isolation', $Source))

# 2. A folder for settings, key and state. SIDs, because account names are translated: S-1-5-19 LOCAL SERVICE,
#    S-1-5-18 SYSTEM, S-1-5-32-544 administrators.
New-Item -ItemType Directory -Force $Data | Out-Null
Invoke-Checked 'access' 'icacls.exe' @($Data, '/inheritance:r', '/grant:r', '*S-1-5-19:(OI)(CI)M', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')
$config = Join-Path $Data "$Name.toml"
$key = Join-Path $Data "$Name.key"

# 3. The key. The code is the one on the administrator's page; it is asked for here.
if (-not (Test-Path $key)) {
  $enrol = @('station', 'enrol', '--server', $Server, '--name', $Name, '--key', $key, '--config', $config)
  if ($Ca) {
    $authority = Join-Path $Data 'ca.crt'
    Copy-Item -Force $Ca $authority
    $enrol += @('--ca', $authority)
  }
  Invoke-Checked 'enrol' (Join-Path $venv 'Scripts\kakanai.exe') $enrol
}

# 4. The smart card service starts with the PC instead of with the first reader, and is not stopped with the last one.
Set-Service -Name SCardSvr -StartupType Automatic
Start-Service -Name SCardSvr

# 5. The task: from the start of the PC, again after every end, for ever.
$command = New-ScheduledTaskAction -Execute $run -Argument "-m station --config `"$config`"" -WorkingDirectory $Data
$atStart = New-ScheduledTaskTrigger -AtStartup
# A task that has ended is begun anew within a minute, also where the scheduler saw no failure.
$often = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 1)
$account = New-ScheduledTaskPrincipal -UserId 'S-1-5-19' -LogonType ServiceAccount -RunLevel Limited
$how = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -MultipleInstances IgnoreNew `
  -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -StartWhenAvailable `
  -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask -Force -TaskName $task -Action $command -Trigger @($atStart, $often) `
  -Principal $account -Settings $how | Out-Null
Start-ScheduledTask -TaskName $task

Write-Host "端末 $Name を入れました。設定: $config"
Write-Host "Station $Name is installed. Settings: $config (set the reader's name there, then restart the task)"
