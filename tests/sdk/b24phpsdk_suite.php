<?php

// b24phpsdk against the sandbox. The first argument is Composer's autoloader.

declare(strict_types=1);

use Bitrix24\SDK\Core\Exceptions\BaseException;
use Bitrix24\SDK\Core\Exceptions\ItemNotFoundException;
use Bitrix24\SDK\Core\Exceptions\MethodNotFoundException;
use Bitrix24\SDK\Core\Exceptions\QueryLimitExceededException;
use Bitrix24\SDK\Services\ServiceBuilder;
use Bitrix24\SDK\Services\ServiceBuilderFactory;

// the library and its parts speak of PHP versions to come
error_reporting(E_ALL & ~E_DEPRECATED);
require $argv[1];

const CONTROL_TIMEOUT = 30;

/** Steers the sandbox by its control API. */
function control(string $what, mixed $body): void
{
    $options = [
        'method' => 'POST',
        'header' => 'Content-Type: application/json',
        'content' => json_encode($body),
        'timeout' => CONTROL_TIMEOUT,
    ];
    file_get_contents(getenv('SANDBOX_CONTROL') . $what, false, stream_context_create(['http' => $options]));
}

function same(mixed $got, mixed $wanted): void
{
    if ($got !== $wanted) {
        throw new AssertionError(json_encode($got) . ', and not ' . json_encode($wanted));
    }
}

/** The work must end with this error. */
function refused(string $kind, callable $work): void
{
    try {
        $work();
    } catch (Throwable $error) {
        if ($error instanceof $kind) {
            return;
        }
        throw $error;
    }
    throw new AssertionError("nothing was refused, $kind was expected");
}

$checks = [];

$checks['single calls by the library\'s own names'] = function (ServiceBuilder $b24): void {
    same($b24->getMainScope()->main()->getCurrentUserProfile()->getUserProfile()->ID, 1);
    same($b24->getUserScope()->user()->current()->user()->ID, 1);
    same(count($b24->getUserScope()->user()->fields()->getFieldsDescription()) > 50, true);
    same($b24->getIMScope()->notify()->fromSystem(6, 'Привет')->getId(), 1);
};

$checks['a contact, a lead, a deal and a company live and die'] = function (ServiceBuilder $b24): void {
    $crm = $b24->getCRMScope();
    $kinds = [
        [$crm->contact(), 'contact', 'NAME'],
        [$crm->lead(), 'lead', 'TITLE'],
        [$crm->deal(), 'deal', 'TITLE'],
        [$crm->company(), 'company', 'TITLE'],
    ];
    foreach ($kinds as [$service, $kind, $title]) {
        $id = $service->add([$title => 'Анна & «Ко»', 'ORIGIN_ID' => 'php'])->getId();
        $record = $service->get($id)->$kind();
        same($record->ID, $id);
        same($record->$title, 'Анна & «Ко»');
        same($record->DATE_CREATE->format('e'), '+03:00');
        same($service->update($id, [$title => 'Б'])->isSuccess(), true);
        same($service->get($id)->$kind()->$title, 'Б');
        same($service->delete($id)->isSuccess(), true);
        refused(ItemNotFoundException::class, fn () => $service->get($id));
    }
};

$checks['items of each type are read by their typed properties'] = function (ServiceBuilder $b24): void {
    $items = $b24->getCRMScope()->item();
    foreach ([1, 2, 4, 1036] as $type) {
        $item = $items->add($type, ['title' => 'Заказ', 'assignedById' => 6])->item();
        same($item->title, 'Заказ');
        same($item->assignedById, 6);
        same($items->get($type, $item->id)->item()->observers, []);
        same($items->update($type, $item->id, ['title' => 'Б'])->isSuccess(), true);
        same($items->list($type, [], ['=id' => $item->id], ['*'])->getItems()[0]->title, 'Б');
        same($items->delete($type, $item->id)->isSuccess(), true);
    }
};

$checks['activities, comments and custom fields'] = function (ServiceBuilder $b24): void {
    $crm = $b24->getCRMScope();
    $deal = $crm->deal()->add(['TITLE' => 'Заказ'])->getId();
    $contact = $crm->contact()->add(['NAME' => 'Анна'])->getId();
    $with = ['VALUE' => '+79005550101', 'ENTITY_ID' => $contact, 'ENTITY_TYPE_ID' => 3];
    $crm->activity()->add([
        'OWNER_TYPE_ID' => 2, 'OWNER_ID' => $deal, 'TYPE_ID' => 2, 'SUBJECT' => 'Звонок', 'COMMUNICATIONS' => [$with],
    ]);
    same(count($crm->activity()->list([], ['OWNER_ID' => $deal, 'OWNER_TYPE_ID' => 2], ['*'], 0)->getActivities()), 1);
    same(count($crm->activity()->fields()->getFieldsDescription()), 44);
    $comment = $crm->timelineComment()->add(['ENTITY_ID' => $deal, 'ENTITY_TYPE' => 'deal', 'COMMENT' => 'текст'])->getId();
    same($crm->timelineComment()->get($comment)->comment()->COMMENT, 'текст');
    $fields = $crm->dealUserfield();
    $field = $fields->add([
        'FIELD_NAME' => 'PHP', 'USER_TYPE_ID' => 'string', 'EDIT_FORM_LABEL' => ['ru' => 'Поле'], 'LIST_COLUMN_LABEL' => ['ru' => 'Поле'],
    ])->getId();
    same($fields->get($field)->userfieldItem()->FIELD_NAME, 'UF_CRM_PHP');
    same($fields->update($field, ['SORT' => 7])->isSuccess(), true);
    same($fields->delete($field)->isSuccess(), true);
    refused(BaseException::class, fn () => $fields->get($field));
};

$checks['120 contacts made by batches are read page by page'] = function (ServiceBuilder $b24): void {
    $batch = $b24->getCRMScope()->contact()->batch;
    $people = array_map(fn (int $n): array => ['NAME' => "Имя $n"], range(1, 120));
    $ids = [];
    foreach ($batch->add($people) as $made) {
        $ids[] = $made->getId();
    }
    same($ids, range(1, 120));
    $names = [];
    foreach ($batch->list([], ['>ID' => 0], ['ID', 'NAME'], 120) as $contact) {
        $names[] = $contact->NAME;
    }
    same([count($names), count(array_unique($names))], [120, 120]);
};

$checks['errors are told apart'] = function (ServiceBuilder $b24): void {
    $core = $b24->core;
    refused(MethodNotFoundException::class, fn () => $core->call('crm.no.such.method'));
    refused(ItemNotFoundException::class, fn () => $b24->getCRMScope()->deal()->get(999));
    refused(BaseException::class, fn () => $core->call('crm.item.list', ['entityTypeId' => 2, 'order' => ['id' => 'up']]));
    control('faults', ['code' => 'QUERY_LIMIT_EXCEEDED', 'times' => 'always']);
    refused(QueryLimitExceededException::class, fn () => $core->call('profile'));
};

$failed = 0;
foreach ($checks as $sentence => $check) {
    control('reset', new stdClass());
    control('limits', ['bucket' => null, 'operating' => null]);
    try {
        $check(ServiceBuilderFactory::createServiceBuilderFromWebhook(getenv('SANDBOX_WEBHOOK')));
        echo "ok    b24phpsdk: $sentence\n";
    } catch (Throwable $error) { // whatever it is, the next check must run
        $failed++;
        echo "FAIL  b24phpsdk: $sentence: " . $error::class . ': ' . $error->getMessage() . "\n";
    }
}
exit($failed === 0 ? 0 : 1);
